// The least that a function without a managed runtime is: it asks the Runtime API for an event, and allows it.
// `loop.mjs import` imports `node:http` as most would, which loads the client of `fetch` besides.
const imported = process.argv[2] === 'import';
const { Agent, request } = imported ? await import('node:http') : process.getBuiltinModule('node:http');

const api = process.env.AWS_LAMBDA_RUNTIME_API;
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

function exchange(method, path, body) {
  return new Promise((resolve, reject) => {
    const asked = request(`http://${api}/2018-06-01/runtime/invocation/${path}`, { agent, method }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('end', () => resolve({ response, body: Buffer.concat(chunks).toString() }));
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

for (;;) {
  const { response, body } = await exchange('GET', 'next');
  const answer = { isAuthorized: JSON.parse(body).version === '2.0', context: {} };
  await exchange('POST', `${response.headers['lambda-runtime-aws-request-id']}/response`, JSON.stringify(answer));
}
