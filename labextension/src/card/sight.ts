/** A traceback that is longer than what one sees of it, and the card below it. */

const CARD = '.jp-devstral-card.jp-mod-explanation';
const TRACEBACK = '.jp-devstral-error';
/** Where a card comes to stand, as a part of the height: the last lines of the traceback stay above it. */
const PLACE = 0.6;

/** The height that one sees of the notebook around a node. */
export function visibleHeight(node: HTMLElement): number {
  return scrollerOf(node)?.clientHeight || window.innerHeight;
}

/** Whether so much of the screen is a traceback that nobody would look for something below it. */
export function isLong(traceback: HTMLElement): boolean {
  return traceback.offsetHeight > visibleHeight(traceback) / 2;
}

/** Go to the card below a traceback. */
export function goToCard(traceback: HTMLElement): void {
  const card = traceback.closest('.jp-OutputArea')?.querySelector<HTMLElement>(CARD);
  if (card) {
    scrollTo(card);
    card.tabIndex = -1;
    card.focus({ preventScroll: true });
  }
}

/** Bring a card that has just appeared below a traceback longer than the screen into sight, where its user looks. */
export function comeIntoSight(card: HTMLElement): void {
  const cell = card.closest<HTMLElement>('.jp-Cell');
  const scroller = scrollerOf(card);
  const traceback = cell?.querySelector<HTMLElement>(TRACEBACK);
  if (!cell || !scroller || !traceback || traceback.offsetHeight < scroller.clientHeight) {
    return;
  }
  const view = scroller.getBoundingClientRect();
  const isSeen = (node: Element) => {
    const { top, bottom } = node.getBoundingClientRect();
    return top < view.bottom && bottom > view.top;
  };
  // Nobody's cell is moved away while something is typed into it.
  const typed = document.activeElement?.closest('.cm-editor')?.closest('.jp-Cell');
  if (isSeen(cell) && !isSeen(card) && !(typed && isSeen(typed))) {
    scrollTo(card);
  }
}

function scrollTo(card: HTMLElement): void {
  const scroller = scrollerOf(card);
  if (scroller) {
    const view = scroller.getBoundingClientRect();
    scroller.scrollTop += card.getBoundingClientRect().top - (view.top + view.height * PLACE);
  }
}

function scrollerOf(node: HTMLElement): HTMLElement | null {
  return node.closest<HTMLElement>('.jp-WindowedPanel-outer') ?? node.closest<HTMLElement>('.jp-Notebook');
}
