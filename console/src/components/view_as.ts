// Looking about as a role: a cookie that can only take rights away. Everything is read anew with it.
const NAME = 'busbar_view_as';

export function viewAs(role: string) {
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not in every browser of today
  document.cookie = `${NAME}=${role}; path=/; SameSite=Lax`;
  window.location.assign('/');
}

/** Nobody looks about as a role any more: before signing out, or to go on as oneself. */
export function endViewAs() {
  // biome-ignore lint/suspicious/noDocumentCookie: as above
  document.cookie = `${NAME}=; path=/; SameSite=Lax; max-age=0`;
}

export function viewAsOneself() {
  endViewAs();
  window.location.reload();
}
