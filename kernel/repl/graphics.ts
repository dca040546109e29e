/** How a terminal shows pictures. */
export type Protocol = "kitty" | "iterm" | "sixel";

/** What a terminal can show, as far as it has said so. */
export interface Graphics {
  /** What makes it say so: to be written in raw mode. */
  readonly question: string;
  /** Takes one of its answers. */
  hear(answer: string): void;
  /** Undefined where it shows no pictures, or has not answered. */
  protocol(): Protocol | undefined;
  /** The size of a character, in pixels. */
  cell(): { readonly width: number; readonly height: number };
}

/** Kitty's own question (a picture of 1 pixel that is not shown), the size of a character, device attributes. */
const questions = "\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\\x1b[16t\x1b[c";

/** The device attribute that stands for sixel graphics. */
const sixelAttribute = "4";

/**
 * Listens to a terminal's answers about pictures.
 *
 * Inside a multiplexer only device attributes count: the environment is that of the terminal around it, and it does not
 * let kitty's sequences through.
 * @param environment  the process's, where iTerm2 and its like name themselves
 */
export function createGraphics(environment: Readonly<Record<string, string | undefined>>): Graphics {
  const { TERM = "", TMUX, STY, TERM_PROGRAM, LC_TERMINAL } = environment;
  const inside = TMUX !== undefined || STY !== undefined || /^(screen|tmux)/.test(TERM);
  const iterm =
    !inside && (TERM_PROGRAM === "iTerm.app" || LC_TERMINAL === "iTerm2" || TERM_PROGRAM === "WezTerm");
  let [kitty, sixel] = [false, false];
  let cell = { width: 10, height: 20 }; // what most terminals say to programs that count in pixels
  return {
    question: inside ? "\x1b[c" : questions,
    hear: (answer) => {
      const size = /^\x1b\[6;(\d+);(\d+)t$/.exec(answer);
      if (size !== null) cell = { width: Math.max(1, Number(size[2])), height: Math.max(1, Number(size[1])) };
      else if (answer.startsWith("\x1b_G")) kitty ||= !inside && answer.includes(";OK");
      else sixel ||= answer.slice(3, -1).split(";").slice(1).includes(sixelAttribute);
    },
    protocol: () => (kitty ? "kitty" : iterm ? "iterm" : sixel ? "sixel" : undefined),
    cell: () => cell,
  };
}
