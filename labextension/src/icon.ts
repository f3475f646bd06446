/** Icons that JupyterLab does not have. */

import { LabIcon } from '@jupyterlab/ui-components';

function icon(name: string, paths: string): LabIcon {
  const svgstr =
    '<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24" viewBox="0 0 24 24">' +
    `<g class="jp-icon3" fill="#616161">${paths}</g></svg>`;
  return new LabIcon({ name: `jupyter-devstral:${name}`, svgstr });
}

/** The sidebar's: a cell with a speech mark. */
export const devstralIcon = icon(
  'chat',
  '<path d="M4 3h16a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2h-8l-5 4v-4H4a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2zm0 2v10h5v2.2L11.8 15H20V5z"/>' +
    '<path d="M8.3 7.2 11 10l-2.7 2.8-1.3-1.3L8.5 10 7 8.5zM12 11.5h5V13h-5z"/>'
);

/** An arrow into a cell: its text is replaced. */
export const replaceIcon = icon(
  'replace',
  '<path d="M3 5h18v5h-2V7H5v10h14v-3h2v5H3z"/><path d="M21 11v2h-7v3l-4-4 4-4v3z"/>'
);

/** One line that becomes two. */
export const branchIcon = icon(
  'branch',
  '<path d="M6 3a3 3 0 0 0-1 5.8v6.4a3 3 0 1 0 2 0V13c0-.6.4-1 1-1h6a4 4 0 0 0 4-3.2A3 3 0 1 0 16 8.8a2 2 0 0 1-2 1.2H8c-.4 0-.7 0-1 .2V8.8A3 3 0 0 0 6 3zm0 2a1 1 0 1 1 0 2 1 1 0 0 1 0-2zm11 0a1 1 0 1 1 0 2 1 1 0 0 1 0-2zM6 17a1 1 0 1 1 0 2 1 1 0 0 1 0-2z"/>'
);
