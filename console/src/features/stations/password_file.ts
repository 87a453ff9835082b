// The passwords of imported stations as a file: what a spreadsheet would take for a formula gets an
// apostrophe before it, as in every file of the server's, and the import takes it off again.
type Made = { identity: string | null; password: string | null };

function cell(text: string): string {
  const safe = /^'*[=+\-@\t\r\n]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

export function passwordFile(rows: Made[]): string {
  const lines = rows.map((row) => `${cell(row.identity ?? '')},${cell(row.password ?? '')}`);
  return `${['identity,password', ...lines].join('\r\n')}\r\n`;
}
