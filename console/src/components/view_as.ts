// Looking about as a role: a cookie that can only take rights away. Everything is read anew with it.
const NAME = 'busbar_view_as';

export function viewAs(role: string) {
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not in every browser of today
  document.cookie = `${NAME}=${role}; path=/; SameSite=Lax`;
  window.location.assign('/');
}

export function viewAsOneself() {
  // biome-ignore lint/suspicious/noDocumentCookie: as above
  document.cookie = `${NAME}=; path=/; SameSite=Lax; max-age=0`;
  window.location.reload();
}
