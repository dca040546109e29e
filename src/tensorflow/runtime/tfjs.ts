/**
 * TensorFlow.js with its Node backend, as tfjs-node's own index.js puts them together, but on our addon: theirs looks for
 * the vendor's, which a download brings.
 * @see https://github.com/tensorflow/tfjs/blob/tfjs-v4.22.0/tfjs-node/src/index.ts
 */
import "./node";
import "@tensorflow/tfjs-node-gpu/dist/register_all_kernels";
import * as tfjs from "@tensorflow/tfjs";
import { ProgbarLogger } from "@tensorflow/tfjs-node-gpu/dist/callbacks";
import { nodeFileSystemRouter } from "@tensorflow/tfjs-node-gpu/dist/io/file_system";
import * as nodeIo from "@tensorflow/tfjs-node-gpu/dist/io/index";
import { NodeJSKernelBackend } from "@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend";
import type { TFJSBinding } from "@tensorflow/tfjs-node-gpu/dist/tfjs_binding";
import { version as nodeVersion } from "@tensorflow/tfjs-node-gpu/dist/version";
import { loadAddon } from "./addon";

export * from "@tensorflow/tfjs";
export * from "@tensorflow/tfjs-node-gpu/dist/node";

/** The versions of TensorFlow.js' parts. */
export const version = { ...tfjs.version, "tfjs-node": nodeVersion };

/** tfjs's ways to read and write models, and those of Node. */
export const io = { ...tfjs.io, ...nodeIo };

const addon = loadAddon() as TFJSBinding;
// By the name of the package the backend knows that it may use a GPU.
const backend = (): NodeJSKernelBackend => new NodeJSKernelBackend(addon, "@tensorflow/tfjs-node-gpu");
tfjs.registerBackend("tensorflow", backend, 3); // before WebGL and JavaScript
void tfjs.setBackend("tensorflow"); // at once, since the addon is there
if (tfjs.getBackend() !== "tensorflow")
  throw new Error("Cannot start TensorFlow: expected its backend for TensorFlow.js to start, it did not");
tfjs.io.registerLoadRouter(nodeFileSystemRouter);
tfjs.io.registerSaveRouter(nodeFileSystemRouter);
tfjs.registerCallbackConstructor(1, ProgbarLogger); // what Model.fit() shows at verbosity 1
