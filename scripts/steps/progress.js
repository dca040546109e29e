"use strict";

const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

/**
 * Shows steps that run side by side: on a terminal one living line with the seconds of each, then a line a finished
 * step; elsewhere a plain line when a step begins and one when it ends.
 */
function createProgress(stream) {
  const running = new Map(); // name -> milliseconds at its start
  const alive = Boolean(stream.isTTY);
  let frame = 0;

  const clear = () => alive && stream.write("\r\u001b[K");
  const draw = () => {
    if (!alive || running.size === 0) return;
    const parts = [...running].map(
      ([name, since]) => `${name} ${Math.floor((performance.now() - since) / 1000)} s`,
    );
    clear();
    stream.write(
      `${FRAMES[frame++ % FRAMES.length]} ${parts.join("  ·  ")}`.slice(0, (stream.columns ?? 80) - 1),
    );
  };
  const timer = alive ? setInterval(draw, 100) : undefined;
  timer?.unref();

  return {
    start({ name, title }) {
      running.set(name, performance.now());
      if (!alive) stream.write(`  ${name}: ${title} ...\n`);
    },
    finish({ name, title }) {
      const took = ((performance.now() - running.get(name)) / 1000).toFixed(1);
      running.delete(name);
      clear();
      stream.write(alive ? `✓ ${name}: ${title} (${took} s)\n` : `  ${name}: done in ${took} s\n`);
      draw();
    },
    close() {
      clearInterval(timer);
      clear();
    },
  };
}

module.exports = { createProgress };
