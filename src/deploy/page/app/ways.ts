/** The ways a photo comes: chosen, dropped, pasted. */
import { element, tell } from "./elements.js";

/** Calls back with each file that a person gives. */
export function onFile(given: (file: File) => void): void {
  const chooser = element("file", HTMLInputElement);
  const choose = (): void => {
    const [file] = chooser.files ?? [];
    if (file !== undefined) given(file);
    chooser.value = ""; // the same one may be chosen again
  };
  chooser.addEventListener("change", choose);
  choose(); // what was chosen before this script was here
  addEventListener("paste", ({ clipboardData }) => {
    if (clipboardData) take(clipboardData, "paste", given);
  });
  let depth = 0;
  const mark = (): boolean => document.body.classList.toggle("over", depth > 0);
  addEventListener("dragenter", () => (depth++, mark()));
  addEventListener("dragleave", () => (depth--, mark()));
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    depth = 0;
    mark();
    if (event.dataTransfer) take(event.dataTransfer, "drop", given);
  });
}

function take(from: DataTransfer, what: string, given: (file: File) => void): void {
  const [file] = from.files;
  if (file !== undefined) return given(file);
  tell(new Error(`Cannot ${what} that: expected a photo's file, got ${from.types.join(", ") || "nothing"}`));
}
