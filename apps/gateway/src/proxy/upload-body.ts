import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';

/**
 * A request's body as the upstream client may have it: when that client gives up on the body, the rest is read and
 * thrown away, so that the connection stays whole and the answer (502, 413, …) still reaches the sender.
 */
export function uploadBody(request: IncomingMessage): Readable {
  return new UploadBody(request);
}

class UploadBody extends Readable {
  private readonly request: IncomingMessage;
  private readonly onData = (chunk: Buffer): void => {
    if (!this.push(chunk)) this.request.pause();
  };
  private readonly onEnd = (): void => {
    this.push(null);
  };
  private readonly onClose = (): void => {
    if (!this.request.complete) this.destroy(new Error('the sender left before the end of the body'));
  };

  constructor(request: IncomingMessage) {
    super();
    this.request = request;
    request.on('data', this.onData).on('end', this.onEnd).on('error', this.onClose).on('close', this.onClose);
    request.pause();
  }

  override _read(): void {
    this.request.resume();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.request.off('data', this.onData).off('end', this.onEnd).off('close', this.onClose);
    this.request.resume();
    done(error);
  }
}
