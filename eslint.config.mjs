import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

const SIZE = { skipBlankLines: true, skipComments: true };

const lazyImports = [
  {
    selector: "ImportExpression",
    message: "Import at the top: a file's needs are read off its first lines.",
  },
  {
    selector: "CallExpression[callee.name='require']",
    message: "Use import: the architecture test and the compiler see it.",
  },
];

export default defineConfig(
  globalIgnores(["dist/", "build/", ".venv/", ".cache/", "notebooks/"]),
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { project: "./tsconfig.json", tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      "@typescript-eslint/no-floating-promises": [
        "error",
        {
          allowForKnownSafeCalls: [
            { from: "package", package: "node:test", name: ["test", "it", "describe", "suite"] },
          ],
        },
      ],
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/no-non-null-assertion": "error",
      "@typescript-eslint/consistent-type-assertions": ["error", { assertionStyle: "never" }],
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "inline-type-imports" }],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      "@typescript-eslint/only-throw-error": ["error", { allowThrowingUnknown: true }], // what was caught goes on
      "@typescript-eslint/unbound-method": "off", // tfjs's functions are methods of its namespace
      eqeqeq: "error",
      "no-console": "error",
      "no-var": "error",
      "prefer-const": "error",
      "max-lines": ["error", { max: 300, ...SIZE }],
      "max-lines-per-function": ["error", { max: 50, ...SIZE }],
      "no-restricted-syntax": ["error", ...lazyImports],
    },
  },
  {
    files: ["src/deploy/page/app/**"], // for browsers, with types of their own
    languageOptions: {
      parserOptions: { project: "./src/deploy/page/app/tsconfig.json", tsconfigRootDir: import.meta.dirname },
    },
    rules: { "no-var": "off" }, // a global of scripts is declared so
  },
  {
    files: ["src/tensorflow/**", "test/tensorflow/**"], // where tfjs's types and TensorFlow's meet
    rules: { "@typescript-eslint/consistent-type-assertions": ["error", { assertionStyle: "as" }] },
  },
  {
    files: ["test/**", "bench/**"],
    rules: {
      "@typescript-eslint/no-base-to-string": "off", // what a test prints or compares may be anything
      "max-lines-per-function": "off",
      "no-console": "off",
    },
  },
  {
    files: ["kernel/**", "src/cli.ts", "src/cli/**", "examples/**"], // programs: they speak to a person
    rules: { "no-console": "off" },
  },
  {
    files: ["scripts/**", "**/*.mjs"],
    ignores: ["**/*.py", "**/*.txt"],
    rules: {
      "max-lines": ["error", { max: 300, ...SIZE }],
      "max-lines-per-function": ["error", { max: 50, ...SIZE }],
      "no-unused-vars": ["error", { caughtErrors: "none" }],
      "no-undef": "off",
      "prefer-const": "error",
      eqeqeq: "error",
    },
  },
);
