"use strict";
// What only the tests need of Python, added to .venv by `npm test`.

const { join } = require("node:path");
const { places } = require("./places.js");
const { runLogged } = require("./program.js");
const { install, requirements } = require("./python.js");

module.exports = {
  title: "the tests' Python packages in .venv",
  ofCheckout: true,
  needs: ["python"],
  madeOf: () => [...["test", "constraints"].map(requirements), "scripts/papermill"],
  stamp: join(places.venv, ".slimlab-tests"),
  makes: () => [],
  async run({ log, choice }) {
    await runLogged(log, places.python, install("test", choice));
  },
};
