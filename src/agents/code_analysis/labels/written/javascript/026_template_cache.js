'use strict';

const fs = require('fs');
const path = require('path');

const DIRECTORY = path.join(__dirname, 'templates');
const PLACEHOLDER = /\{\{(\w{1,40})\}\}/g;
const ESCAPES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

const escapeHtml = (text) => String(text).replace(/[&<>"']/g, (c) => ESCAPES[c]);

class TemplateCache {
  constructor(directory = DIRECTORY) {
    this.templates = new Map();
    for (const file of fs.readdirSync(directory)) {
      if (file.endsWith('.html')) {
        const source = fs.readFileSync(path.join(directory, file), 'utf8');
        this.templates.set(path.basename(file, '.html'), source);
      }
    }
  }

  names() {
    return [...this.templates.keys()].sort();
  }

  render(name, values) {
    const source = this.templates.get(name);
    if (source === undefined) {
      throw new RangeError(`no template named ${name}`);
    }
    return source.replace(PLACEHOLDER, (match, key) =>
      Object.hasOwn(values, key) ? escapeHtml(values[key]) : ''
    );
  }
}

module.exports = { TemplateCache };
