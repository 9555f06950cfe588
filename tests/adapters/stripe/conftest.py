import pytest


@pytest.fixture(autouse=True)
def _more(monkeypatch):
    from marketpay.testing.stripe_server import server
    from marketpay.testing.stripe_server.params import anything, takes
    from marketpay.testing.stripe_server.route import Route

    def act(world, call):
        world.find(
            __import__("marketpay.testing.processor_values", fromlist=["Account"]).Account,
            call.account,
            "account",
            "Stripe-Account",
        )
        return {"object": "balance_settings", "payments": call.get("payments")}

    if not any(r.path == "/v1/balance_settings" for r in server.ROUTES):
        monkeypatch.setattr(
            server,
            "ROUTES",
            server.ROUTES + (Route("POST", "/v1/balance_settings", act, takes(payments=anything)),),
        )
