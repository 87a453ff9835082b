// Keys that work everywhere; none while somebody types.
export function isTyping(event: KeyboardEvent): boolean {
  const on = event.target as HTMLElement | null;
  if (!on?.matches) return false;
  return on.isContentEditable || on.matches('input,textarea,select,[role="combobox"],[role="textbox"]');
}

/** `/` puts the cursor into the page's filter. */
export function focusFilter(): boolean {
  const filter = document.querySelector<HTMLInputElement>('[data-filter]');
  filter?.focus();
  filter?.select();
  return Boolean(filter);
}
