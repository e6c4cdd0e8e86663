const express = require('express');
const escape = require('escape-html');

class Raw {
  constructor(text) {
    this.text = text;
  }
}

function toText(value) {
  if (value instanceof Raw) {
    return value.text;
  }
  if (Array.isArray(value)) {
    return value.map(toText).join('');
  }
  return escape(value === null || value === undefined ? '' : String(value));
}

function html(strings, ...values) {
  let out = strings[0];
  values.forEach((value, i) => {
    out += toText(value) + strings[i + 1];
  });
  return new Raw(out);
}

const STYLE = new Raw('<style>.up{color:green}.down{color:red}</style>');

function row(service) {
  return html`<tr class="${service.up ? 'up' : 'down'}">
    <td>${service.name}</td>
    <td>${service.message}</td>
  </tr>`;
}

function page(title, services, filter) {
  return html`<!doctype html>
    <html>
      <head><meta charset="utf-8"><title>${title}</title>${STYLE}</head>
      <body>
        <h1>${title}</h1>
        <form><input name="filter" value="${filter}"></form>
        <table>${services.map(row)}</table>
      </body>
    </html>`;
}

module.exports = function statusRoutes(monitor) {
  const router = express.Router();

  router.get('/status', (req, res) => {
    const filter = String(req.query.filter || '').slice(0, 60);
    const services = monitor.services().filter((s) => s.name.includes(filter));
    res.set('Content-Type', 'text/html; charset=utf-8');
    res.send(page(`Status: ${filter || 'all'}`, services, filter).text);
  });

  router.get('/status/:name', (req, res) => {
    const service = monitor.services().find((s) => s.name === req.params.name);
    if (!service) {
      return res.status(404).json({ error: 'unknown service' });
    }
    return res.json({ name: service.name, up: service.up });
  });

  return router;
};
