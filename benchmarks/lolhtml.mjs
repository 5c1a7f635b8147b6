// Pages through lol-html's wasm build: for each line on stdin one round, its seconds on stdout.
//
// node lolhtml.mjs FOLDER '{"img": "src", …}': the pages in FOLDER/*.html, read and rewritten a few times
// before the first line, which says "ready"; handlers on the named elements read the named attribute.
import { readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { createInterface } from "node:readline";

const { HTMLRewriter } = createRequire(new URL("./.node/", import.meta.url))("html-rewriter-wasm");
const WARM_UP_ROUNDS = 3;

const [folder, reads] = process.argv.slice(2);
const pages = readdirSync(folder)
  .filter((name) => name.endsWith(".html"))
  .sort()
  .map((name) => readFileSync(join(folder, name)));
const handlers = Object.entries(JSON.parse(reads)).map(([name, attribute]) => [
  name,
  { element: (element) => void element.getAttribute(attribute) },
]);

async function rewrite(page) {
  const sent = [];
  const rewriter = new HTMLRewriter((chunk) => sent.push(chunk));
  for (const [name, handler] of handlers) rewriter.on(name, handler);
  try {
    await rewriter.write(page);
    await rewriter.end();
  } finally {
    rewriter.free();
  }
  return Buffer.concat(sent);
}

async function round() {
  const begun = performance.now();
  for (const page of pages) await rewrite(page);
  return (performance.now() - begun) / 1000;
}

for (let i = 0; i < WARM_UP_ROUNDS; i++) await round();
console.log("ready");
for await (const _ of createInterface({ input: process.stdin })) console.log(await round());
