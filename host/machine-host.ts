/** What the machine wants of its host, whichever it is. */

export function fillRandom(bytes: Uint8Array): void {
  const chunk = 65536;
  for (let at = 0; at < bytes.length; at += chunk) crypto.getRandomValues(bytes.subarray(at, at + chunk) as Uint8Array<ArrayBuffer>);
}

/** Until the callback is called that `arrange` gets, or the time is over. */
export function wokenWithin(ms: number, arrange: (woken: () => void) => void): Promise<void> {
  return new Promise((done) => {
    const timer = setTimeout(done, Math.min(ms, 2 ** 31 - 1));
    arrange(() => {
      clearTimeout(timer);
      done();
    });
  });
}

/** A turn of the event loop without the delay that timers have. */
export function turnEventLoop(): Promise<void> {
  return new Promise((done) => {
    if (typeof setImmediate === 'function') setImmediate(done);
    else {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => {
        channel.port1.close();
        done();
      };
      channel.port2.postMessage(0);
    }
  });
}
