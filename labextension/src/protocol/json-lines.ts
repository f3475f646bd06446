/** A byte stream of one JSON value a line, as values; a line that is no JSON is left out. */

/** Yields as lines complete, also where the stream cuts a character or a line in two. */
export async function* jsonLines(body: ReadableStream<Uint8Array>): AsyncGenerator<unknown> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      rest += done ? decoder.decode() : decoder.decode(value, { stream: true });
      const lines = rest.split('\n');
      rest = done ? '' : (lines.pop() ?? '');
      for (const line of lines) {
        const parsed = parse(line);
        if (parsed !== undefined) {
          yield parsed;
        }
      }
      if (done) {
        return;
      }
    }
  } finally {
    // Left early: the server sees the end of the connection now.
    await reader.cancel().catch(() => undefined);
  }
}

function parse(line: string): unknown {
  try {
    return line.trim() === '' ? undefined : JSON.parse(line);
  } catch {
    return undefined;
  }
}
