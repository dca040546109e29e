/** What is wrong with a photo that somebody has given. */

/** A file that is no photo, or none that can be read. */
export class PhotoError extends RangeError {
  override readonly name: string = "PhotoError";
}

/** A photo of more bytes or pixels than are taken. */
export class PhotoTooLargeError extends PhotoError {
  override readonly name: string = "PhotoTooLargeError";
}
