// Server-sent events over `fetch`. Unlike `EventSource` it hears the comments by which the server shows that
// it lives, so that a silent line is known for what it is; and it sees why a stream was refused.

export type Message = { event: string; data: string };

/** Takes the stream in pieces of any size and tells each whole message (WHATWG HTML §9.2.6). */
export function parser(tell: (message: Message, id: string) => void) {
  let rest = '';
  let id = '';
  let event = '';
  let data: string[] = [];
  const line = (text: string) => {
    if (text === '') {
      if (data.length > 0) tell({ event: event || 'message', data: data.join('\n') }, id);
      event = '';
      data = [];
      return;
    }
    const colon = text.indexOf(':');
    if (colon === 0) return;
    const name = colon < 0 ? text : text.slice(0, colon);
    const value = colon < 0 ? '' : text.slice(colon + 1).replace(/^ /, '');
    if (name === 'event') event = value;
    else if (name === 'data') data.push(value);
    else if (name === 'id' && !value.includes('\0')) id = value;
  };
  return (piece: string) => {
    rest += piece;
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    for (const one of lines) line(one);
  };
}

export type Line = {
  opened: () => void;
  /** Bytes came, if only a comment. */
  heard: () => void;
  message: (message: Message) => void;
  /** The line is down; status 0 when nobody answered, or when it broke after it had been open. */
  closed: (status: number) => void;
};

/** Opens the stream once, after the message with the id `after`; the returned function closes it in silence. */
export function openStream(path: string, after: { id: string }, line: Line): () => void {
  const control = new AbortController();
  const run = async () => {
    const headers: Record<string, string> = { accept: 'text/event-stream' };
    if (after.id) headers['last-event-id'] = after.id;
    const response = await fetch(path, {
      headers,
      signal: control.signal,
      cache: 'no-store',
      credentials: 'same-origin',
    });
    if (!response.ok || !response.body) return response.status;
    line.opened();
    const feed = parser((message, id) => {
      after.id = id;
      line.message(message);
    });
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return 0;
      line.heard();
      feed(value);
    }
  };
  run()
    .catch(() => 0)
    .then((status) => {
      if (!control.signal.aborted) line.closed(status);
    });
  return () => control.abort();
}
