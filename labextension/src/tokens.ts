/**
 * The names that this half shares with the kernel's half. Nothing but names: no module of JupyterLab is imported.
 */

export const PLUGIN_ID = 'jupyter-devstral:plugin';

/** The domain of translations. */
export const TRANSLATION_DOMAIN = 'jupyter_devstral';

/** What a reply and an explanation are stored as, beside `text/markdown`. */
export const MIME_TYPE = 'application/vnd.jupyter-devstral.v1+json';

/** Opened by the kernel: what JupyterLab shall do. */
export const KERNEL_TARGET = 'jupyter_devstral';

/**
 * Opened here, after the kernel has shown that it listens: what the kernel shall know. The kernel never publishes on
 * it, because a kernel that does receives nothing on that comm while a cell runs.
 */
export const CONTEXT_TARGET = 'jupyter_devstral.context';

export const PROTOCOL = 1;
