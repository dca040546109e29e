import { join } from "node:path";
import type { Locator, Page } from "playwright-core";
import { folder } from "./labserver";

/** What a person sees and does in a notebook. */
export class Notebook {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  cell(index: number): Locator {
    return this.page.locator(".jp-Notebook .jp-CodeCell").nth(index);
  }

  output(index: number): Locator {
    return this.cell(index).locator(".jp-Cell-outputArea");
  }

  /** The count beside a cell: "[ ]", "[*]" while it runs, "[3]". */
  prompt(index: number): Locator {
    return this.cell(index).locator(".jp-InputPrompt");
  }

  async edit(index: number): Promise<void> {
    await this.cell(index).locator(".cm-content").click();
    await this.page.keyboard.press("Control+End");
  }

  async start(index: number): Promise<void> {
    await this.edit(index);
    await this.page.keyboard.press("Control+Enter");
  }

  async run(index: number): Promise<void> {
    await this.start(index);
    await this.ended(index);
  }

  async ended(index: number): Promise<void> {
    await this.prompt(index)
      .filter({ hasText: /\[\d+\]/ })
      .waitFor();
  }

  async press(item: string): Promise<void> {
    await this.page.locator(`.jp-NotebookPanel-toolbar [data-jp-item-name="${item}"] jp-button`).click();
  }

  /** Saves the notebook, and waits until that is done: a page that is loaded again before shows what was saved before. */
  async save(): Promise<void> {
    await this.page.keyboard.press("Control+s");
    await this.page.locator(".lm-TabBar-tab.jp-mod-current:not(.jp-mod-dirty)").waitFor();
  }

  async idle(): Promise<void> {
    await this.page.locator("#jp-main-statusbar").getByText("(slimlab) | Idle").waitFor();
  }

  async picture(name: string): Promise<void> {
    await this.page.screenshot({ path: join(folder, `${name}.png`) });
  }
}
