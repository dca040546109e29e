/** What else goes on at the turns of a training. */
export type { Callback, Training } from "./callback";
