"""The main job: a customer hires a contractor, and the contractor is paid.

python examples/first_job.py
"""

import marketpay as mp
from marketpay.testing import SimulatedGateway

ana, ben = mp.Actor.customer("ana"), mp.Actor.contractor("ben")
price, card = mp.Money("1000", "USD"), "pm_card_visa"

with mp.Marketplace.connect("sqlite://", gateway=SimulatedGateway()) as market:
    job = market.execute(mp.PostJob(by=ana, title="Paint the fence", currency="USD"))
    sent = market.execute(  # puts $1000 on hold on ana's card
        mp.SendOffer(by=ana, job=job.id, contractor="ben", price=price, payment_method=card)
    )
    market.execute(mp.AcceptOffer(by=ben, offer=sent.offer.id))  # takes it
    market.execute(mp.StartJob(by=ben, job=job.id))
    market.execute(mp.CompleteJob(by=ana, job=job.id))

    print("in ben's wallet:", market.wallet("ben", "USD").available)
    print("the platform's revenue:", market.revenue("USD").total)
