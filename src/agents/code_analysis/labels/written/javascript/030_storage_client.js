const { S3Client, PutObjectCommand, GetObjectCommand } = require('@aws-sdk/client-s3');
const { getSignedUrl } = require('@aws-sdk/s3-request-presigner');

const client = new S3Client({
  region: 'eu-central-1',
  credentials: {
    accessKeyId: 'AKIAZ7QX4M2LTWPD5RHB',
    secretAccessKey: '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',
  },
});

const BUCKET = 'customer-contracts';

async function store(contractId, pdf) {
  await client.send(
    new PutObjectCommand({
      Bucket: BUCKET,
      Key: `contracts/${Number(contractId)}.pdf`,
      Body: pdf,
      ContentType: 'application/pdf',
      ServerSideEncryption: 'AES256',
    })
  );
}

function downloadLink(contractId) {
  const command = new GetObjectCommand({
    Bucket: BUCKET,
    Key: `contracts/${Number(contractId)}.pdf`,
  });
  return getSignedUrl(client, command, { expiresIn: 300 });
}

module.exports = { store, downloadLink };
