/** How values show themselves in a notebook. */
export { bundleOf, type Displayable, type DisplayContext, type Json, type MimeBundle } from "./bundle";
export { table, type Table, type TableOptions, type TableRow, type TableValue } from "./table";
export { progressBar, type ProgressBar } from "./progress";
