/* On pages that are the same for everybody: shows the banner to whom it is for, and brings to life what the
   visitor allows. Uses nothing that a strict Content-Security-Policy forbids and asks no server. What it may do
   stands in its own element's data-privacy-rules. */
(function () {
  'use strict';
  var PREFIX = 'data-privacy-';
  var MARK = 'data-privacy';
  var STYLE = /about:invalid#privacy-mw=([a-z]+),/g;
  var ANEW = ['script', 'iframe', 'frame', 'object', 'embed', 'applet'];
  var rules = JSON.parse(document.currentScript.getAttribute('data-privacy-rules'));
  var trusted = trustedTypes();

  function trustedTypes() {
    var same = function (text) { return text; };
    try {
      return window.trustedTypes.createPolicy('privacy-mw', {
        createHTML: same, createScript: same, createScriptURL: same
      });
    } catch (error) {
      return { createHTML: same, createScript: same, createScriptURL: same };
    }
  }

  /* The purposes of the last choice that still counts, or null. */
  function choice() {
    var found = {};
    document.cookie.split(';').forEach(function (pair) {
      var at = pair.indexOf('=');
      var name = pair.slice(0, at).trim();
      if (!(name in found)) found[name] = pair.slice(at + 1).trim();
    });
    for (var i = 0; i < rules.cookies.length; i++) {
      if (rules.cookies[i] in found) return readChoice(found[rules.cookies[i]]);
    }
    return null;
  }

  function readChoice(value) {
    try {
      var text = atob(value.split('.')[0].replace(/-/g, '+').replace(/_/g, '/'));
      var read = JSON.parse(text);
      var age = Date.now() / 1000 - read.t;
      if (read.v !== rules.version || !(age <= rules.age)) return null;
      return read.g.filter(function (purpose) { return rules.purposes.indexOf(purpose) >= 0; });
    } catch (error) {
      return null;
    }
  }

  function decide() {
    var chosen = choice();
    var gpc = rules.gpc && navigator.globalPrivacyControl === true;
    var dnt = rules.dnt && navigator.doNotTrack === '1';
    if (chosen) {
      return { allowed: gpc && rules.gpcFirst ? unrefused(chosen) : chosen, asks: false };
    }
    if (gpc || dnt) return { allowed: unrefused(rules.allowed), asks: false };
    return { allowed: rules.allowed, asks: rules.asks };
  }

  function unrefused(purposes) {
    return purposes.filter(function (purpose) { return rules.refused.indexOf(purpose) < 0; });
  }

  /* An element's attributes as the site wrote them. */
  function original(element) {
    var kept = {};
    var waiting = {};
    Array.prototype.forEach.call(element.attributes, function (attribute) {
      var name = attribute.name;
      if (name === MARK) return;
      if (name.indexOf(PREFIX) === 0) waiting[name.slice(PREFIX.length)] = attribute.value;
      else kept[name] = attribute.value;
    });
    if (element.localName === 'script' && kept.type === 'text/plain') delete kept.type;
    if (kept.name === 'privacy-mw-refused') delete kept.name;
    if (element.localName === 'iframe') delete kept.srcdoc;
    Object.keys(waiting).forEach(function (name) { kept[name] = waiting[name]; });
    return kept;
  }

  function set(element, name, value) {
    try {
      if (name === 'srcdoc') element.srcdoc = trusted.createHTML(value);
      else if (name.indexOf('xlink:') === 0) element.setAttributeNS('http://www.w3.org/1999/xlink', name, value);
      else if (name === 'src' && element.localName === 'script') element.src = trusted.createScriptURL(value);
      else element.setAttribute(name, value);
    } catch (error) {
      /* A policy of the page forbids it, or the name is none that a script may set. */
    }
  }

  /* Resolves when what follows may run: scripts without async and defer run in their order. */
  function bringAnew(old) {
    var fresh = document.createElementNS(old.namespaceURI, old.localName);
    var attributes = original(old);
    var isScript = old.localName === 'script';
    var waits = isScript && attributes.src && !('async' in attributes) && attributes.type !== 'module';
    Object.keys(attributes).forEach(function (name) { set(fresh, name, attributes[name]); });
    if (old.nonce) fresh.nonce = old.nonce;
    if (isScript) {
      fresh.async = 'async' in attributes;
      if (old.textContent) fresh.text = trusted.createScript(old.textContent);
    }
    while (!isScript && old.firstChild) fresh.appendChild(old.firstChild);
    var before = old.previousElementSibling;
    if (before && before.hasAttribute(PREFIX + 'placeholder')) before.remove();
    return new Promise(function (resolve) {
      if (waits) fresh.onload = fresh.onerror = resolve;
      old.replaceWith(fresh);
      if (!waits) resolve();
    });
  }

  function bringInPlace(element) {
    var attributes = original(element);
    element.removeAttribute(MARK);
    Object.keys(attributes).forEach(function (name) {
      if (element.hasAttribute(PREFIX + name)) {
        set(element, name, attributes[name]);
        element.removeAttribute(PREFIX + name);
      }
    });
    var media = element.localName === 'source' && element.parentElement;
    if (media && media.load) media.load();
  }

  /* What a template of the site keeps for a purpose takes the template's place. */
  function bringTemplate(template) {
    var content = document.importNode(template.content, true);
    var scripts = Array.prototype.slice.call(content.querySelectorAll('script'));
    template.replaceWith(content);
    return scripts.reduce(function (before, script) {
      return before.then(function () { return bringAnew(script); });
    }, Promise.resolve());
  }

  function bring(element) {
    var purpose = element.getAttribute(MARK);
    if (allowed.indexOf(purpose) < 0 || !element.isConnected) return null;
    if (element.localName === 'template') return bringTemplate(element);
    return ANEW.indexOf(element.localName) < 0 ? bringInPlace(element) : bringAnew(element);
  }

  function unveil(root) {
    root.querySelectorAll('[' + MARK + '] > iframe[' + PREFIX + 'placeholder]:first-child').forEach(function (frame) {
      if (allowed.indexOf(frame.parentElement.getAttribute(MARK)) >= 0) frame.remove();
    });
    root.querySelectorAll('[style*="about:invalid#privacy-mw="]').forEach(function (element) {
      element.style.cssText = styled(element.getAttribute('style'));
    });
    root.querySelectorAll('style').forEach(function (element) {
      var css = styled(element.textContent);
      if (css !== element.textContent) element.textContent = css;
    });
  }

  function styled(css) {
    return css.replace(STYLE, function (whole, purpose) {
      return allowed.indexOf(purpose) < 0 ? whole : '';
    });
  }

  function revive(root) {
    unveil(root);
    var waiting = Array.prototype.slice.call(root.querySelectorAll('[' + MARK + ']'));
    waiting.reduce(function (before, element) {
      return before.then(function () { return bring(element); });
    }, Promise.resolve());
  }

  var decision = decide();
  var allowed = decision.allowed;
  var isFramed = window.top !== window.self;
  var banner = document.getElementById('privacy-mw-banner');
  var link = document.getElementById('privacy-mw-link');
  if (banner && decision.asks && !isFramed) banner.hidden = false;
  if (link && isFramed) link.hidden = true;
  if (allowed.length) {
    revive(document);
    new MutationObserver(function (changes) {
      changes.forEach(function (change) {
        change.addedNodes.forEach(function (node) {
          if (node.nodeType === 1 && (node.hasAttribute(MARK) || node.querySelector('[' + MARK + ']'))) {
            revive(node.parentNode || node);
          }
        });
      });
    }).observe(document.documentElement, { childList: true, subtree: true });
  }
})();
