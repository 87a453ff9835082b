// A call of the log that is to be sent once more, on its way to the form of raw calls. It travels in memory:
// a payload may hold a card number, which has no place in an address.
let kept: { action: string; payload: string } | null = null;

export const keepForAgain = (action: string, payload: string) => {
  kept = { action, payload };
};
/** The payload that was kept for this action; it stays until `forgetAgain`. */
export const keptFor = (action: string) => (kept?.action === action ? kept.payload : null);
export const forgetAgain = () => {
  kept = null;
};
