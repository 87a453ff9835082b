// Asks before something is done that disturbs; the window itself is loaded when first needed.
export type Question = { title: string; text: string; yes: string; red?: boolean; onYes: () => void };

let open: Question | null = null;
const tellers = new Set<() => void>();
const set = (next: Question | null) => {
  open = next;
  for (const tell of tellers) tell();
};

export const ask = (question: Question) => set(question);
export const settle = () => set(null);
export const current = () => open;
export const watch = (tell: () => void) => {
  tellers.add(tell);
  return () => {
    tellers.delete(tell);
  };
};
