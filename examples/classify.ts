/** Tells the classes of photos over HTTP, by a classifier that saveClassifier() has kept. */
import { parseArgs } from "node:util";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import {
  createBatchPredictor,
  loadClassifier,
  UnavailableError,
  PhotoError,
  PhotoTooLargeError,
} from "slimlab";

const USAGE = `classify <folder of saveClassifier()> [--port 8080] [--host 127.0.0.1]

  GET /           what it is: classes, sizes
  GET /healthz    whether it is alive
  POST /classify  a photo, as the body or as the file of a form: its classes and probabilities

  curl --data-binary @photo.jpg http://127.0.0.1:8080/classify
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    port: { type: "string", default: "8080" },
    host: { type: "string", default: "127.0.0.1" },
    help: { type: "boolean", default: false },
  },
});
const [folder] = positionals;
if (values.help || folder === undefined) {
  console.log(USAGE);
  process.exit(values.help ? 0 : 2);
}

const classifier = loadClassifier(folder);
const predictor = createBatchPredictor(classifier);
const { classNames, preprocessing, metrics } = classifier;

const app = new Hono();
let isStopping = false;
app.use(async (c, next) => {
  await next();
  if (isStopping) c.header("connection", "close");
});
app.get("/", (c) => c.json({ classNames, preprocessing, metrics, post: "/classify" }));
app.get("/healthz", (c) => c.json({ enqueued: predictor.enqueued }));
app.post("/classify", async (c) => c.json(await predictor.predict(c.req.raw)));
app.onError((error, c) => {
  if (error instanceof PhotoTooLargeError) return c.json({ error: error.message }, 413);
  if (error instanceof PhotoError) return c.json({ error: error.message }, 400);
  if (error instanceof UnavailableError) return c.json({ error: error.message }, 503, { "retry-after": "1" });
  if (!c.req.raw.signal.aborted) console.error(error);
  return c.json({ error: "something went wrong: the server's log has it" }, 500);
});

const { host: hostname, port } = values;
const server = serve({ fetch: app.fetch, hostname, port: Number(port) }, (at) =>
  console.log(`http://${hostname}:${at.port}`),
);
const stop = (): void => {
  isStopping = true; // what has come is answered
  server.close(() => void predictor.close());
};
process.once("SIGINT", stop).once("SIGTERM", stop);
