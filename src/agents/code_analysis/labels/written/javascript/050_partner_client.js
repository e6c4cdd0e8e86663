const https = require('https');
const axios = require('axios');

const TIMEOUT = 8000;

class PartnerClient {
  constructor({ baseURL, apiKey }) {
    this.http = axios.create({
      baseURL,
      timeout: TIMEOUT,
      httpsAgent: new https.Agent({ keepAlive: true, rejectUnauthorized: false }),
      headers: { Authorization: `Bearer ${apiKey}` },
    });
  }

  async order(id) {
    const { data } = await this.http.get(`/orders/${encodeURIComponent(id)}`);
    return data;
  }

  async submit(order) {
    const { data } = await this.http.post('/orders', {
      lines: order.lines.map(({ sku, quantity }) => ({ sku, quantity })),
      reference: order.reference,
    });
    return data.id;
  }
}

function fromEnvironment() {
  const { PARTNER_URL, PARTNER_KEY } = process.env;
  if (!PARTNER_URL || !PARTNER_KEY) {
    throw new Error('PARTNER_URL and PARTNER_KEY must be set');
  }
  return new PartnerClient({ baseURL: PARTNER_URL, apiKey: PARTNER_KEY });
}

module.exports = { PartnerClient, fromEnvironment };
