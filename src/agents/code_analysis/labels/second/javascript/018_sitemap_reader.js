'use strict';

const fs = require('fs/promises');
const libxmljs = require('libxmljs2');
const { XMLParser } = require('fast-xml-parser');

const NS = { s: 'http://www.sitemaps.org/schemas/sitemap/0.9' };
const MAX_SIZE = 5 * 1024 * 1024;

class SitemapError extends Error {}

function refuseDoctype(xml) {
  if (/<!(DOCTYPE|ENTITY)/i.test(xml)) {
    throw new SitemapError('document type is not allowed');
  }
}

function parseSitemap(xml) {
  if (xml.length > MAX_SIZE) {
    throw new SitemapError('too large');
  }
  refuseDoctype(xml);
  let doc;
  try {
    doc = libxmljs.parseXml(xml, { noent: false, nonet: true, dtdload: false });
  } catch (err) {
    throw new SitemapError('not well-formed');
  }
  return doc.find('//s:url', NS).map((node) => {
    const loc = node.get('s:loc', NS);
    const lastmod = node.get('s:lastmod', NS);
    return {
      loc: loc ? loc.text().trim() : '',
      lastmod: lastmod ? lastmod.text().trim() : null,
    };
  });
}

const opml = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  processEntities: false,
});

function parseOpml(xml) {
  refuseDoctype(xml);
  const outlines = opml.parse(xml)?.opml?.body?.outline ?? [];
  return [].concat(outlines).map((o) => ({ title: o['@text'], feed: o['@xmlUrl'] }));
}

async function main(files) {
  let total = 0;
  for (const file of files) {
    const entries = parseSitemap(await fs.readFile(file, 'utf8'));
    total += entries.length;
    console.log('%s: %d addresses', file, entries.length);
  }
  return total;
}

if (require.main === module) {
  main(process.argv.slice(2)).catch((err) => {
    console.error(err.message);
    process.exitCode = 1;
  });
}

module.exports = { parseSitemap, parseOpml, SitemapError };
