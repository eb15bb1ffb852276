// VS Code's own client for tests of adapters, at the command that it is given: vliwdbg's path, a program.
const assert = require("assert");
const { DebugClient } = require("@vscode/debugadapter-testsupport");

const [command, program] = process.argv.slice(2);

async function session() {
    const client = new DebugClient(command, "dap", "vliwdbg");
    await client.start();
    return client;
}

async function stops(client, request, reason) {
    const [stopped] = await Promise.all([client.waitForEvent("stopped"), request]);
    assert.strictEqual(stopped.body.reason, reason);
    return stopped.body;
}

const line = async (client) => (await client.stackTraceRequest({ threadId: 1 })).body.stackFrames[0].line;

const hunts = {
    async "stops on entry, steps and steps back"() {
        const client = await session();
        await Promise.all([
            client.configurationSequence(),
            client.launch({ program, stopOnEntry: true }),
            client.assertStoppedLocation("entry", { line: 1 }),
        ]);
        await stops(client, client.nextRequest({ threadId: 1 }), "step");
        await stops(client, client.stepInRequest({ threadId: 1 }), "step");
        assert.strictEqual(await line(client), 3);
        await stops(client, client.stepBackRequest({ threadId: 1 }), "step");
        assert.strictEqual(await line(client), 2);
        await client.stop();
    },

    async "meets breakpoints in the listing, forward and back"() {
        const client = await session();
        const configured = client.waitForEvent("initialized").then(async () => {
            const { body } = await client.setBreakpointsRequest({
                source: { sourceReference: 1, name: "loop.listing" },
                breakpoints: [{ line: 4, condition: "n < 3" }],
            });
            assert.ok(body.breakpoints[0].verified);
            await client.configurationDoneRequest();
        });
        await Promise.all([
            configured,
            client.launch({ program }),
            client.assertStoppedLocation("breakpoint", { line: 4 }),
        ]);
        await stops(client, client.continueRequest({ threadId: 1 }), "breakpoint");
        await stops(client, client.reverseContinueRequest({ threadId: 1 }), "breakpoint");
        const { body } = await client.evaluateRequest({ expression: "n", context: "watch" });
        assert.strictEqual(body.result, "2");
        await client.stop();
    },

    async "shows the listing, scopes and lanes"() {
        const client = await session();
        await Promise.all([
            client.configurationSequence(),
            client.launch({ program, stopOnEntry: true }),
            client.waitForEvent("stopped"),
        ]);
        const { stackFrames } = (await client.stackTraceRequest({ threadId: 1 })).body;
        const { sourceReference } = stackFrames[0].source;
        const { content } = (await client.sourceRequest({ sourceReference })).body;
        assert.match(content.split("\n")[2], /acc = acc \+ n/);
        const { scopes } = (await client.scopesRequest({ frameId: stackFrames[0].id })).body;
        const named = scopes.find((scope) => scope.name === "named scratch");
        const inside = async (variablesReference) =>
            (await client.variablesRequest({ variablesReference })).body.variables;
        const vector = (await inside(named.variablesReference)).find(({ name }) => name === "v");
        assert.strictEqual((await inside(vector.variablesReference)).length, 8);
        const { body } = await client.completionsRequest({ text: "print ac", column: 9 });
        assert.strictEqual(body.targets[0].label, "acc");
        await client.stop();
    },

    async "ends"() {
        const client = await session();
        await Promise.all([
            client.configurationSequence(),
            client.launch({ program, noDebug: true }),
            client.waitForEvent("exited"),
            client.waitForEvent("terminated"),
        ]);
        await client.stop();
    },
};

(async () => {
    for (const [name, hunt] of Object.entries(hunts)) {
        await hunt();
        console.log(`ok ${name}`);
    }
})().catch((error) => {
    console.error(error);
    process.exit(1);
});
