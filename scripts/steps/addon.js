"use strict";
// The addon, compiled from our runtime.cc (which includes the vendor's sources unchanged) and our own operations, against
// the TensorFlow library of the Python environment.

const { mkdirSync, renameSync } = require("node:fs");
const { dirname, join, relative } = require("node:path");
const { places, tensorflowFolder } = require("./places.js");
const { runLogged } = require("./program.js");

const darwin = process.platform === "darwin";

function flags(output) {
  const wheel = tensorflowFolder();
  // Relative, so that the checkout or project can be moved.
  const origin = `${darwin ? "@loader_path" : "$ORIGIN"}/${relative(dirname(places.addon), wheel)}`;
  const libraries = darwin
    ? ["libtensorflow_cc.2.dylib", "libtensorflow_framework.2.dylib"]
    : ["libtensorflow_cc.so.2", "libtensorflow_framework.so.2"];
  return [
    ...["-std=c++17", "-O2", "-shared", "-fPIC", "-DNAPI_VERSION=9"],
    "-ffp-contract=off", // else which sums are fused with products depends on the loop, and results on the processor
    "-DEIGEN_MAX_ALIGN_BYTES=64", // as tf.sysconfig.get_compile_flags() has it for operations
    ...(darwin ? ["-undefined", "dynamic_lookup"] : []),
    ...["-isystem", require("node-api-headers").include_dir],
    ...["-isystem", places.vendor, "-isystem", join(wheel, "include")],
    ...["-isystem", join(wheel, "include", "external", "farmhash_archive", "src")],
    ...["runtime.cc", "operations.cc", "lending.cc", "allocator.cc"].map((name) =>
      join("src", "tensorflow", "native", name),
    ),
    ...["-o", output],
    ...libraries.map((name) => join(wheel, name)),
    `-Wl,-rpath,${origin}`,
    ...(darwin ? [] : ["-Wl,-z,initfirst"]), // so that runtime.cc sets the log level before TensorFlow's first message
  ];
}

module.exports = {
  title: "the TensorFlow addon",
  needs: ["packages", "vendor", "python"],
  madeOf: ({ variant }) => [
    "src/tensorflow/native",
    "scripts/steps/addon.js",
    `scripts/requirements/tensorflow-${variant}.txt`,
  ],
  texts: ({ version, isUsual }) => [process.env.CXX ?? "", process.arch, ...(isUsual ? [] : [version])],
  stamp: join(dirname(places.addon), ".slimlab-addon"),
  makes: () => [places.addon],
  async run({ log, compiler }) {
    mkdirSync(dirname(places.addon), { recursive: true });
    const fresh = join(dirname(places.addon), "fresh.node"); // loaded once before it takes its place
    await runLogged(log, compiler[0], [...compiler.slice(1), ...flags(fresh)]);
    await runLogged(log, process.execPath, ["-e", "process.dlopen({ exports: {} }, process.argv[1])", fresh]);
    renameSync(fresh, places.addon);
  },
};
