// Checks of the page in a real browser: `browse.mjs CHECK ADDRESS …`. A check fails by throwing. Whatever the check, the
// page must ask no other origin for anything, break no rule of its content security policy, and log no error.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(`${process.env.NODE_MODULES}/`);
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const [name, address, ...more] = process.argv.slice(2);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  args: ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"],
});

/** Asks the test to make something happen, and waits until it has. */
const happen = async (what) => {
  process.stdout.write(`${what}\n`);
  await lines.next();
};

/** A page that is watched. `allowed`: errors that belong to the check. */
const open = async (options = {}, path = "/", allowed = []) => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const faults = [];
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && faults.push(message.text()));
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("dialog", (dialog) => { faults.push(`dialog ${dialog.message()}`); dialog.dismiss(); });
  page.on("request", (request) => {
    if (new URL(request.url()).origin !== new URL(address).origin) faults.push(`asked ${request.url()}`);
  });
  const answer = await page.goto(address + path);
  page.close_watched = async () => {
    const unexpected = faults.filter((fault) => !allowed.some((words) => fault.includes(words)));
    assert.deepEqual(unexpected, [], "the page has faults");
    await context.close();
  };
  page.answer = answer;
  return page;
};

/** What axe-core finds. It is put in by the debugger, past the content security policy. */
const violations = async (page) => {
  await page.evaluate(axe);
  const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.html.slice(0, 200)} ${node.failureSummary}`).join("; ")}`);
};

const cells = (page, section) => page.locator(`#${section} tbody tr`).evaluateAll((rows) => Object.fromEntries(rows.map((row) => [
  row.querySelector("th .name").textContent,
  [...row.cells].slice(1).map((cell) => cell.textContent.trim()),
])));

const names = (page, section) => page.locator(`#${section} tbody th .name`).allTextContents();
const fits = (page) => page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth);
const background = (page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor.match(/\d+/g).map(Number));

/** Presses Tab until the element has the focus. */
const tabTo = async (page, selector) => {
  for (let presses = 0; presses < 200; presses += 1) {
    await page.keyboard.press("Tab");
    if (await page.evaluate((wanted) => document.activeElement.matches(wanted), selector)) return;
  }
  assert.fail(`Tab never comes to ${selector}`);
};

const checks = {
  /** The states that are expected, as JSON: section → row → column → words. */
  async states() {
    const page = await open();
    const heads = (await page.locator("#users thead th .name").allTextContents());
    for (const [section, rows] of Object.entries(JSON.parse(more[0]))) {
      const found = await cells(page, section);
      for (const [row, columns] of Object.entries(rows)) {
        for (const [column, words] of Object.entries(columns)) {
          assert.ok(found[row], `${section} has no row ${row}: ${Object.keys(found)}`);
          assert.equal(found[row][heads.indexOf(column)], words, `${row} × ${column}`);
        }
      }
    }
    for (const words of JSON.parse(more[1])) assert.ok((await page.locator("main").innerText()).includes(words), words);
    await page.close_watched();
  },

  async keyboard() {
    const page = await open();
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "Skip to the content");
    assert.ok(await page.evaluate(() => document.activeElement.getBoundingClientRect().top >= 0), "it is seen");
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement.id), "main");
    await tabTo(page, "#q");
    await page.keyboard.type("LAMP");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/?q=LAMP*");
    assert.deepEqual(await names(page, "users"), ["lamp@demoasacode.io"]);
    assert.equal(await page.inputValue("#q"), "LAMP");
    await tabTo(page, "#show-all");
    await page.keyboard.press("Enter");
    await page.waitForURL(`${address}/`);
    await tabTo(page, "#group");
    await page.keyboard.press("V");
    await tabTo(page, "#drift-only");
    await page.keyboard.press("Space");
    await tabTo(page, "#narrow");
    await page.keyboard.press("Enter");
    await page.waitForURL("**drift=only*");
    assert.equal(new URL(page.url()).searchParams.get("group"), "Viewer");
    assert.deepEqual(await page.locator("#users thead th .name").allTextContents(), ["Viewer"]);
    await tabTo(page, "#show-all");
    await page.keyboard.press("Enter");
    await page.waitForURL(`${address}/`);
    const first = await page.locator("#drift tbody tr").first().innerText();
    await tabTo(page, "#drift-next");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/?changes=2#drift");
    assert.notEqual(await page.locator("#drift tbody tr").first().innerText(), first);
    await tabTo(page, "#users-table");
    assert.notEqual(await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle), "none", "the focus is seen");
    await page.close_watched();
  },

  async without_script() {
    const page = await open({ javaScriptEnabled: false });
    assert.equal(await page.locator("#refresh *").count(), 0, "no button that does nothing");
    await page.fill("#q", "lamp");
    await page.check("#drift-only");
    await page.click("#narrow");
    assert.deepEqual(await names(page, "users"), ["lamp@demoasacode.io"]);
    await page.goto(`${address}/`);
    await page.click("#drift-next");
    assert.ok(page.url().endsWith("/?changes=2#drift"), page.url());
    await page.close_watched();
  },

  async refresh() {
    const page = await open({ viewport: { width: 1280, height: 500 } });
    const before = await page.locator("#verdict").textContent();
    await page.locator("#drift details summary").first().click();
    await page.focus("#drift-only");
    await page.evaluate(() => { document.getElementById("policies-table").scrollTop = 120; window.scrollTo(0, 300); });
    await page.waitForFunction(() => document.getElementById("refresh").textContent.includes("Updated"));
    await page.evaluate(() => { document.getElementById("main").dataset.old = "yes"; });
    await happen("drift");
    await page.waitForFunction((old) => document.getElementById("verdict").textContent !== old, before);
    const after = await page.evaluate(() => ({
      old: document.getElementById("main").dataset.old,
      focus: document.activeElement.id,
      scrolled: document.getElementById("policies-table").scrollTop,
      at: Math.round(window.scrollY),
      open: document.querySelectorAll("#drift details[open]").length,
      news: document.getElementById("news").textContent,
      verdict: document.getElementById("verdict").textContent,
    }));
    assert.deepEqual(after, { focus: "drift-only", scrolled: 120, at: 300, open: 1, news: after.verdict, verdict: after.verdict, old: undefined });
    // What somebody is typing is not pulled away.
    await page.focus("#q");
    await page.keyboard.type("la");
    await page.evaluate(() => { document.getElementById("main").dataset.old = "yes"; });
    await page.waitForTimeout(6_000);
    assert.deepEqual(await page.evaluate(() => [document.getElementById("main").dataset.old, document.getElementById("q").value]), ["yes", "la"]);
    await page.click("#pause");
    assert.equal(await page.locator("#pause").textContent(), "Resume");
    await page.close_watched();
  },

  async lost() {
    const page = await open({}, "/", ["ERR_CONNECTION_REFUSED", "ERR_CONNECTION_RESET", "ERR_EMPTY_RESPONSE"]);
    await happen("stop");
    await page.waitForFunction(() => document.getElementById("refresh").textContent.includes("No answer since"));
    assert.ok((await page.locator("#news").textContent()).includes("does not answer"));
    assert.ok(await page.locator("#users tbody tr").count() > 0, "what was known stays");
    await page.close_watched();
  },

  /** No violation in light and dark, on a desk and on a phone; and on a phone nothing scrolls sideways. */
  async accessible() {
    for (const colorScheme of ["light", "dark"]) {
      for (const width of [1280, 375]) {
        const page = await open({ colorScheme, viewport: { width, height: 800 } }, more[0] ?? "/");
        const [red, green, blue] = await background(page);
        assert.equal(red + green + blue < 200, colorScheme === "dark", colorScheme);
        assert.ok(await fits(page), `sideways at ${width}`);
        await page.evaluate(() => document.querySelectorAll("details").forEach((details) => { details.open = true; }));
        assert.ok(await fits(page), `sideways at ${width} with everything open`);
        assert.deepEqual(await violations(page), [], `${colorScheme} ${width}`);
        await page.close_watched();
      }
    }
  },

  async narrow() {
    for (const width of [320, 360, 414, 768]) {
      const page = await open({ viewport: { width, height: 800 }, hasTouch: true });
      assert.ok(await fits(page), `sideways at ${width}`);
      const held = await page.evaluate(() => {
        const frame = document.getElementById("users-table");
        frame.scrollLeft = 200;
        const left = (element) => Math.round(element.getBoundingClientRect().left - frame.getBoundingClientRect().left);
        return [frame.scrollLeft > 0, left(frame.querySelector("tbody th")), left(frame.querySelector("thead th"))];
      });
      if (width < 768) assert.deepEqual(held, [true, 1, 1], `names stay at ${width}`);
      await page.close_watched();
    }
  },

  /** Words that would be markup are shown as words. */
  async hostile() {
    const page = await open();
    assert.equal(await page.locator("main img, main script, main iframe").count(), 0);
    await page.evaluate(() => document.querySelectorAll("details").forEach((details) => { details.open = true; }));
    const text = await page.locator("main").innerText();
    for (const words of JSON.parse(more[0])) assert.ok(text.includes(words), `${words}\n${text}`);
    assert.equal(await page.evaluate(() => window.hacked), undefined);
    await page.close_watched();
  },

  async sign_in() {
    const token = more[0];
    // Asked for a password, the browser asks its person; here nobody answers, and it shows what came with the question.
    const stranger = await browser.newContext({ httpCredentials: { username: "anybody", password: "wrong", send: "always" } });
    const refused = await stranger.request.get(address, { headers: { accept: "text/html" } });
    assert.equal(refused.status(), 401);
    const text = await refused.text();
    assert.ok(text.includes("as the password") && !text.includes('id="users"'), text);
    assert.match(refused.headers()["www-authenticate"], /^Basic realm=/);
    const shown = await stranger.newPage();
    await shown.route("**/*", (route) => route.request().url() === `${address}/`
      ? route.fulfill({ status: 200, contentType: "text/html", body: text }) : route.continue());
    await shown.goto(`${address}/`);
    assert.deepEqual(await violations(shown), []);
    await stranger.close();
    const page = await open({ httpCredentials: { username: "anybody", password: token, send: "always" } });
    assert.equal(page.answer.status(), 200);
    assert.equal((await page.goto(`${address}/drift`)).status(), 200);
    await page.goto(`${address}/`);
    const status = await page.evaluate(async () => (await fetch("/reconcile", { method: "POST" })).status);
    assert.equal(status, 401, "a password changes nothing");
    await page.context().close();
  },

  /** Pictures for the documentation: `screenshots ADDRESS FOLDER`. */
  async screenshots() {
    const shots = [["page-light", "light", 1280, 1090], ["page-dark", "dark", 1280, 1090], ["page-phone", "light", 390, 1100]];
    for (const [file, colorScheme, width, height] of shots) {
      const page = await open({ colorScheme, viewport: { width, height } });
      await page.evaluate(() => { document.getElementById("refresh").replaceChildren(); });
      await page.screenshot({ path: `${more[0]}/${file}.png` });
      await page.close_watched();
    }
  },
};

try {
  await checks[name]();
} finally {
  await browser.close();
}
process.exit(0);
