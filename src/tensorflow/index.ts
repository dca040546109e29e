/** The floor: TensorFlow itself, tracing, and the operations that tfjs lacks. */
export * from "./runtime";
export { memory, type Memory } from "./memory";
export * from "./trace";
export * from "./graph";
export * from "./ops";
export * from "./formats";
