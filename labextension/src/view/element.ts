import React from 'react';

/** The function that JSX becomes. Bundlers shorten its name, but no method of a module that JupyterLab shares. */
export const h = React.createElement;
