const express = require('express');
const libxml = require('libxmljs2');

const router = express.Router();

const PARSE_OPTIONS = { noblanks: true, noent: true, nocdata: true };

function textAt(node, expression) {
  const found = node.get(expression);
  return found ? found.text().trim() : '';
}

function readFeed(xml) {
  const doc = libxml.parseXml(xml, PARSE_OPTIONS);
  return doc.find('//item').map((item) => ({
    title: textAt(item, 'title'),
    link: textAt(item, 'link'),
    summary: textAt(item, 'description'),
  }));
}

router.post('/feeds/import', express.text({ type: 'application/xml', limit: '1mb' }), (req, res) => {
  let items;
  try {
    items = readFeed(req.body);
  } catch (err) {
    return res.status(422).json({ error: 'the document cannot be read' });
  }
  return res.json({ count: items.length, items: items.slice(0, 50) });
});

module.exports = router;
