/** Where cells, files of the file browser and files from elsewhere can be dropped. */

/** A drag inside JupyterLab; see `@lumino/dragdrop`. */
interface ILabDrag extends Event {
  readonly mimeData: { hasData(mime: string): boolean; getData(mime: string): unknown };
  readonly proposedAction: string;
  dropAction: string;
}

const CELLS = 'internal:cells';
const FILES = 'application/x-jupyter-icontents';
const CLASS = 'jp-mod-drop';

export interface IDropped {
  files(files: readonly File[]): void;
  mention(cellIds: readonly string[], paths: readonly string[]): void;
}

/** Take what is dropped on `node`. Returns what ends that. */
export function takeDrops(node: HTMLElement, dropped: IDropped): () => void {
  const mark = (isOver: boolean) => node.classList.toggle(CLASS, isOver);
  const ours = (event: ILabDrag) => event.mimeData.hasData(CELLS) || event.mimeData.hasData(FILES);
  const onLab = (raw: Event) => {
    const event = raw as ILabDrag;
    if (event.type === 'lm-dragleave') {
      mark(false);
      return;
    }
    if (!ours(event)) {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    mark(event.type !== 'lm-drop');
    event.dropAction = event.proposedAction;
    if (event.type === 'lm-drop') {
      const cells = (event.mimeData.getData(CELLS) ?? []) as readonly { readonly model: { readonly id: string } }[];
      const paths = (event.mimeData.getData(FILES) ?? []) as readonly string[];
      dropped.mention(
        cells.map(cell => cell.model.id),
        paths
      );
    }
  };
  const onFiles = (event: DragEvent) => {
    if (event.type === 'dragleave') {
      mark(false);
    } else if (event.dataTransfer?.types.includes('Files')) {
      // Without this the page would show the file instead of itself.
      event.preventDefault();
      mark(event.type !== 'drop');
      if (event.type === 'drop') {
        dropped.files([...event.dataTransfer.files]);
      }
    }
  };
  const lab = ['lm-dragenter', 'lm-dragover', 'lm-dragleave', 'lm-drop'];
  const native = ['dragover', 'dragleave', 'drop'] as const;
  lab.forEach(type => node.addEventListener(type, onLab));
  native.forEach(type => node.addEventListener(type, onFiles));
  return () => {
    lab.forEach(type => node.removeEventListener(type, onLab));
    native.forEach(type => node.removeEventListener(type, onFiles));
  };
}
