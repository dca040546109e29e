#!/usr/bin/env bash
# `npx --no tool -e code` runs the tool without -e, and exits with 0: npx hands the tool's options to npm, which takes those that it knows
# (-e is --enjoy-by, --prefix its own). `npx --no -- tool -e code`, or --no-install in place of --no, hands them over.
# Seen in npm 10.8.2. Needs Node 20 or newer; npm of that version is downloaded to a temporary folder (about 10 MB).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm install --silent --no-audit --no-fund --prefix npm npm@10.8.2
mkdir -p tool study
echo '{ "name": "a-tool-of-mine", "version": "1.0.0", "bin": "tool.js" }' >tool/package.json
printf '#!/usr/bin/env node\nconsole.log(JSON.stringify(process.argv.slice(2)));\n' >tool/tool.js
chmod +x tool/tool.js
cd study
echo '{ "private": true }' >package.json
npm install --silent --no-audit --no-fund ../tool
npx() { node ../npm/node_modules/npm/bin/npx-cli.js "$@" 2>/dev/null; }
for words in "--no" "--no --" "--no-install"; do
  # shellcheck disable=SC2086
  seen=$(npx $words a-tool-of-mine -e code --prefix where)
  echo "npx $words a-tool-of-mine -e code --prefix where: the tool is given $seen"
  case $words in
  --no) [ "$seen" != '["-e","code","--prefix","where"]' ] ;;
  *) [ "$seen" = '["-e","code","--prefix","where"]' ] ;;
  esac
done
