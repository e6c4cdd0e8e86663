'use strict';

const ESCAPES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function escapeHtml(text) {
  return text.replace(/[&<>"']/g, (c) => ESCAPES[c]);
}

const rules = [
  [/\*\*([^*\n]{1,500})\*\*/g, (m, text) => `<strong>${text}</strong>`],
  [/_([^_\n]{1,500})_/g, (m, text) => `<em>${text}</em>`],
  [/`([^`\n]{1,500})`/g, (m, text) => `<code>${text}</code>`],
  [
    /\[([^\]\n]{1,200})\]\(([^)\s]{1,500})\)/g,
    (m, text, href) => `<a href="${href}" rel="noopener">${text}</a>`,
  ],
];

function inline(text) {
  return rules.reduce((out, [pattern, fn]) => out.replace(pattern, fn), escapeHtml(text));
}

function block(chunk) {
  const heading = /^(#{1,4}) (.*)$/.exec(chunk);
  if (heading) {
    const level = heading[1].length;
    return `<h${level}>${inline(heading[2])}</h${level}>`;
  }
  return `<p>${inline(chunk).replace(/\n/g, '<br>')}</p>`;
}

function render(source) {
  return source
    .split(/\n{2,}/)
    .filter(Boolean)
    .map(block)
    .join('\n');
}

module.exports = { render };
