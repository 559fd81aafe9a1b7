"""Ends TLS in front of a server: tls_proxy.py PORT CERTIFICATE KEY TARGET_PORT"""
import asyncio
import ssl
import sys

port, certificate, key, target = sys.argv[1:]


async def pump(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


async def serve(reader, writer):
    onward = await asyncio.open_connection('127.0.0.1', int(target))
    await asyncio.gather(pump(reader, onward[1]), pump(onward[0], writer))


async def main():
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    server = await asyncio.start_server(serve, '127.0.0.1', int(port), ssl=context)
    await server.serve_forever()


asyncio.run(main())
