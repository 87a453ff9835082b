// What the identity provider wrote into the address, read before the router reads it: a code may look like a
// number and is none.
export const returned =
  window.location.pathname === '/login/return' ? new URLSearchParams(window.location.search) : null;
