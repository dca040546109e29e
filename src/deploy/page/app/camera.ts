/** The camera, asked for when a person wishes it. */

/** A running camera. */
export interface Camera {
  readonly video: HTMLVideoElement;
  stop(): void;
}

/** @throws {Error} if there is none, or the person or the browser refuses */
export async function startCamera(): Promise<Camera> {
  const { mediaDevices }: { readonly mediaDevices?: MediaDevices } = navigator; // absent where the page came without https
  if (mediaDevices === undefined)
    throw new Error("Cannot use the camera: expected a page by https or from this machine, got one by http");
  const stream = await mediaDevices
    .getUserMedia({ video: { facingMode: "environment", width: { ideal: 1280 } }, audio: false })
    .catch((cause: unknown) => {
      throw new Error(`Cannot use the camera: expected leave to, got ${reasonOf(cause)}`, { cause });
    });
  const video = document.createElement("video");
  video.muted = video.playsInline = true;
  video.srcObject = stream;
  await video.play();
  return {
    video,
    stop: () => {
      for (const track of stream.getTracks()) track.stop();
      video.srcObject = null;
    },
  };
}

const REASONS: Readonly<Record<string, string>> = {
  NotAllowedError: "a refusal: the browser's settings of this page can change that",
  NotFoundError: "no camera on this machine",
  NotReadableError: "a camera that another program uses",
};

function reasonOf(cause: unknown): string {
  return cause instanceof DOMException ? (REASONS[cause.name] ?? cause.message) : String(cause);
}
