"""An emulator of API Gateway: what it decides as pure functions (routes and events beside this folder), one server."""
