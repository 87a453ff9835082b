// A dangerous deed is refused until the person shows again who they are: the window is raised from
// wherever the request came, and the request is repeated once it was shown.
let waiting: ((shown: boolean) => void) | null = null;
const tellers = new Set<() => void>();
const tell = () => {
  for (const teller of tellers) teller();
};

/** Asks the person; false when they would rather not. */
export const askWho = () =>
  new Promise<boolean>((resolve) => {
    waiting?.(false);
    waiting = resolve;
    tell();
  });
export const answerWho = (shown: boolean) => {
  waiting?.(shown);
  waiting = null;
  tell();
};
export const isAsked = () => waiting !== null;
export const watchAsked = (teller: () => void) => {
  tellers.add(teller);
  return () => {
    tellers.delete(teller);
  };
};
