// The secret of a mailed link stands behind the `#`, so it reaches no log on the way.
export const hashToken = () => decodeURIComponent(window.location.hash.replace(/^#/, ''));
