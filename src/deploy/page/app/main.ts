/** The page: photos in, classes and heat out. Nothing leaves it. */
import { LABELS } from "./backend.js";
import type { Source } from "./blocks.js";
import { startCamera, type Camera } from "./camera.js";
import { loadClassifier, type Answer, type Classifier, type HeatOf } from "./classifier.js";
import type { Description } from "./description.js";
import { element, tell, untell } from "./elements.js";
import { endProgress, say, showLoading, showProgress } from "./loading.js";
import { readPhoto } from "./photo.js";
import { pixelsOf, type Pixels } from "./pixels.js";
import { Results } from "./results.js";
import { hideHeat, onHeatWish, showHeatMap, showPhoto, wantsHeat, wishHeat } from "./stage.js";
import { onFile } from "./ways.js";

const facts = element("facts", HTMLParagraphElement);
const section = element("answer", HTMLElement);
const cameraButton = element("camera", HTMLButtonElement);

/** Of the photo that is shown. */
let current: Pixels | undefined;
let heatOf: HeatOf = "predicted";
/** Raised by each photo: answers to earlier ones are of no use. */
let turn = 0;
let camera: Camera | undefined;

let describe: (results: Results) => void;
const described = new Promise<Results>((resolve) => (describe = resolve));
const ready = loadClassifier(new URLSearchParams(location.search).get("backend"), {
  onDescription: (about) => describe(resultsOf(about)),
  onProgress: showProgress,
});

function resultsOf(about: Description): Results {
  document.title = about.title;
  element("title", HTMLHeadingElement).textContent = about.title;
  const count = about.classNames.length;
  element("about", HTMLParagraphElement).textContent =
    `Tells ${count} ${count === 1 ? "class" : "classes"}. Photos stay on this device: nothing is sent anywhere.`;
  if (about.example !== undefined) offerExample(about.example);
  return new Results(about, (index) => void guarded(() => showHeatOf(index)));
}

/** Marks what waits for the network, whose classes are those of the photo before. */
async function waiting(work: Promise<void>): Promise<void> {
  const mine = turn;
  section.setAttribute("aria-busy", "true");
  try {
    await work;
  } finally {
    if (mine === turn) section.setAttribute("aria-busy", "false");
  }
}

/** Runs what may fail, and says so on the page. */
async function guarded(work: () => Promise<void> | void): Promise<void> {
  try {
    await work();
  } catch (error) {
    tell(error instanceof Error ? error : new Error(String(error)));
  }
}

/** Shows a photo at once, and what the network says of it as soon as that is here. */
async function classify(source: Source, name: string, isMine: () => boolean): Promise<void> {
  showPhoto(source, name);
  hideHeat();
  const { photo } = (await ready).description;
  if (!isMine()) return;
  current = pixelsOf(source, photo);
  await answer(current, "predicted", isMine);
}

/** @param show  called when the answer is here, before it is shown */
async function answer(pixels: Pixels, of: HeatOf, isMine: () => boolean, show = (): void => undefined): Promise<void> {
  const [classifier, results] = [await ready, await described];
  const given = await classifier.ask(pixels.values, wantsHeat() ? of : "none");
  if (!isMine()) return;
  show();
  showLoading(false);
  untell();
  heatOf = of;
  results.show(given.probabilities, undefined);
  const index = typeof of === "number" ? of : results.predicted;
  if (drawHeat(classifier, given.heat, pixels, index)) results.show(given.probabilities, index);
  tellFacts(classifier, given.took);
} // prettier-ignore

/** Whether there was some to draw. */
function drawHeat(
  { description }: Classifier,
  values: Answer["heat"],
  { crop }: Pixels,
  of: number,
): boolean {
  const { heat: cells, classNames } = description;
  if (values === undefined || cells === undefined) return false;
  showHeatMap({ values, ...cells }, crop, classNames[of] ?? "");
  return true;
}

function showHeatOf(of: HeatOf): Promise<void> {
  const [mine, pixels] = [turn, current];
  wishHeat();
  if (camera === undefined && pixels !== undefined) return waiting(answer(pixels, of, () => mine === turn));
  heatOf = of; // of the camera's next picture
  return Promise.resolve();
}

function tellFacts({ backend, notes, description }: Classifier, took?: number): void {
  const { size } = description.photo;
  const time = took === undefined ? [] : [took < 10 ? `${took.toFixed(1)} ms` : `${Math.round(took)} ms`];
  facts.textContent = [LABELS[backend], `${size} × ${size} pixels`, ...time, ...notes].join(" · ");
}

async function classifyFile(file: Blob, name: string): Promise<void> {
  stopCamera();
  const mine = ++turn;
  const photo = await readPhoto(file, name);
  try {
    if (mine !== turn) return;
    untell();
    await classify(photo, name, () => mine === turn);
  } finally {
    photo.image.close();
  }
}

function offerExample(path: string): void {
  const button = element("example", HTMLButtonElement);
  button.hidden = false;
  button.addEventListener("click", () => void guarded(async () => {
    const response = await fetch(path);
    if (!response.ok) throw new Error(`Cannot show the example: expected ${path} beside this page, got ${response.status}`);
    await classifyFile(await response.blob(), path);
  }));
} // prettier-ignore

async function toggleCamera(): Promise<void> {
  if (camera !== undefined) return stopCamera();
  const mine = ++turn;
  const started = await startCamera();
  if (mine !== turn) return started.stop();
  camera = started;
  cameraButton.textContent = "Stop camera";
  cameraButton.setAttribute("aria-pressed", "true");
  untell();
  try {
    await classifyLive(started, () => camera === started && mine === turn);
  } finally {
    if (camera === started) stopCamera();
  }
}

/** Shows picture after picture, each with its own heat. */
async function classifyLive({ video }: Camera, isMine: () => boolean): Promise<void> {
  heatOf = "predicted";
  while (isMine()) {
    const image = await createImageBitmap(video);
    try {
      const source = { image, width: image.width, height: image.height };
      const name = "The camera's picture";
      if (current === undefined) showPhoto(source, name);
      const pixels = pixelsOf(source, (await ready).description.photo);
      await answer(pixels, heatOf, isMine, () => showPhoto(source, name));
      current = pixels;
    } finally {
      image.close();
    }
    await new Promise(requestAnimationFrame);
  }
}

/** The last picture stays, with its heat. */
function stopCamera(): void {
  camera?.stop();
  camera = undefined;
  cameraButton.textContent = "Camera";
  cameraButton.setAttribute("aria-pressed", "false");
}

/** Compiles what the first photo would wait for, if none waits already. */
async function warm(): Promise<void> {
  try {
    const classifier = await ready;
    endProgress();
    tellFacts(classifier);
    say("Ready for a photo.");
    const { size } = classifier.description.photo;
    if (turn === 0) await classifier.ask(new Float32Array(size * size * 3).fill(127), "predicted");
  } catch (error) {
    document.body.classList.add("failed");
    throw error;
  }
}

onFile((file) => void guarded(() => waiting(classifyFile(file, file.name || "the photo"))));
onHeatWish(() => void guarded(() => showHeatOf(heatOf)));
cameraButton.addEventListener("click", () => void guarded(toggleCamera));
void guarded(warm);
