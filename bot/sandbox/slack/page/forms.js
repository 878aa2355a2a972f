/** What a person has filled into a view, and how Slack hears of it. */

import { busy } from "./acting.js";
import { settled } from "./dom.js";
import { perform } from "./session.js";

const RESTING = 400;

/**
 * One view's form. Letters are brought to Slack once the typing rests, and before anything else is done in the
 * view; the app does not hear of them until the person presses Enter or submits.
 */
export class Form {
  constructor(viewId, { changed }) {
    this.viewId = viewId;
    this.changed = changed;
    this.typed = new Map();
    this.waiting = new Map();
    this.sending = Promise.resolve();
    this.rest = settled(() => this.flush(), RESTING);
  }

  /** Give an input's part of `view.state.values`; what was typed here counts, for Slack may not know it yet. */
  entry(view, block) {
    const entry = view.state.values[block.block_id]?.[block.element.action_id];
    const name = block.block_id;
    return this.typed.has(name) ? { ...entry, value: this.typed.get(name) ?? "" } : entry;
  }

  /** Give what an input's control calls. */
  hears(block) {
    const names = { block_id: block.block_id, action_id: block.element.action_id };
    const target = { view_id: this.viewId, ...names };
    return {
      dispatches: Boolean(block.dispatch_action),
      typed: (value) => {
        this.typed.set(block.block_id, value);
        this.waiting.set(block.block_id, { ...names, value });
        this.changed(block.block_id);
        this.rest();
      },
      chose: async (value) => {
        this.waiting.delete(block.block_id);
        this.changed(block.block_id);
        const root = document.querySelector(`[data-block="${CSS.escape(block.block_id)}"]`) ?? document.body;
        const before = this.flush();
        this.sending = busy(root, async () => {
          await before;
          await perform("input", { ...target, value });
        });
        await this.sending;
      },
      suggest: async (text) => {
        await this.flush();
        return (await perform("suggest", { ...target, value: text })).options;
      },
      submit: () => this.submit?.(),
    };
  }

  /** Bring to Slack what was typed, once what is under way has arrived. */
  async flush() {
    const waiting = [...this.waiting.values()];
    this.waiting.clear();
    const before = this.sending;
    this.sending = (async () => {
      await before;
      for (const names of waiting) await perform("input", { view_id: this.viewId, ...names, quietly: true });
    })().catch(() => {});
    await this.sending;
  }
}
