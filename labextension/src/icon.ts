/** The sidebar's icon: a cell with a speech mark. */

import { LabIcon } from '@jupyterlab/ui-components';

const SVG = `<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24" viewBox="0 0 24 24">
  <g class="jp-icon3" fill="#616161">
    <path d="M4 3h16a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2h-8l-5 4v-4H4a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2zm0 2v10h5v2.2L11.8 15H20V5z"/>
    <path d="M8.3 7.2 11 10l-2.700 2.800-1.300-1.300L8.500 10 7 8.500zM12 11.500h5V13h-5z"/>
  </g>
</svg>`;

export const devstralIcon = new LabIcon({ name: 'jupyter-devstral:chat', svgstr: SVG });
