//! One connection to a broker, from dialling to its end: MQTT 5 over TLS. The only file that names the
//! MQTT client.

use std::pin::pin;
use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rumqttc::{
    AsyncClient, ConnectReturnCode, ConnectionError, DisconnectReasonCode, Event, EventLoop,
    LastWill, MqttOptions, NetworkOptions, Packet, PublishOptions, QoS, StateError,
    SubscribeFilter, SubscribeReasonCode, TlsConfiguration, Transport,
};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::info;

use super::{LinkEvent, LinkSettings, Outgoing, PresenceMessages, Shared};

/// Publications that the broker has not acknowledged yet. More than the outbox ever has under way
/// (80), and small: the client keeps a slot of 216 bytes for each, by default for all 65,535.
const MOST_UNACKNOWLEDGED: u16 = 128;
/// Four times the largest payload of the contract, both ways.
const LARGEST_PACKET_BYTES: u32 = 256 << 10;
const KEEP_ALIVE_S: u16 = 30;
/// From dialling to the last SUBACK.
const READY_WITHIN: Duration = Duration::from_secs(30);
const PING_EVERY: Duration = Duration::from_secs(20);
/// Three pings of ours did not come back.
const DEAD_AFTER: Duration = Duration::from_secs(65);
const GOODBYE_WITHIN: Duration = Duration::from_secs(2);

/// Why a connection ended.
#[derive(Debug, thiserror::Error)]
pub(super) enum LinkError {
    #[error("the broker refused the connection: {0:?}")]
    Refused(ConnectReturnCode),
    #[error("the broker refused a subscription: {0:?}; check its access rules for this device")]
    NotSubscribed(SubscribeReasonCode),
    #[error("another client connected with this device id: two devices share one identity")]
    TakenOver,
    #[error("the broker closed the connection: {0:?}")]
    Closed(DisconnectReasonCode),
    #[error("no answer within {}s", READY_WITHIN.as_secs())]
    NotReady,
    #[error("our own pings do not come back")]
    NoProgress,
    #[error(transparent)]
    Connection(#[from] ConnectionError),
    #[error("the client gave up")]
    Client,
}

/// Dials, serves, and ends with the first thing that goes wrong or with `stop`; and how long it was
/// up.
pub(super) async fn run(
    settings: &LinkSettings,
    outgoing: &mut mpsc::Receiver<Outgoing>,
    events: &mpsc::Sender<LinkEvent>,
    shared: &Shared,
    stop: &CancellationToken,
) -> (Result<(), LinkError>, Option<Duration>) {
    let (client, eventloop) = AsyncClient::builder(settings.options()).capacity(64).build();
    let session = Session {
        settings,
        client,
        events,
        up_at: watch::Sender::new(None),
        pinged_at: Mutex::new(Instant::now()),
        shared,
    };
    let result = {
        let mut receive = pin!(session.receive(eventloop));
        let ended = tokio::select! {
            ended = &mut receive => Some(ended),
            ended = session.send(outgoing) => Some(ended),
            ended = session.watch() => Some(ended),
            () = stop.cancelled() => None,
        };
        match ended {
            Some(ended) => ended,
            None => session.say_goodbye(receive).await,
        }
    };
    let up_at = *session.up_at.borrow();
    (result, up_at.map(|it| it.elapsed()))
}

/// One connection. Its parts run side by side, and the first to end ends it.
struct Session<'a> {
    settings: &'a LinkSettings,
    client: AsyncClient,
    events: &'a mpsc::Sender<LinkEvent>,
    /// When the last subscription was granted.
    up_at: watch::Sender<Option<Instant>>,
    pinged_at: Mutex<Instant>,
    shared: &'a Shared,
}

impl Session<'_> {
    async fn receive(&self, mut eventloop: EventLoop) -> Result<(), LinkError> {
        loop {
            let packet = match eventloop.poll().await.map_err(LinkError::from_client)? {
                Event::Incoming(packet) => packet,
                Event::Outgoing(_) | Event::Auth(_) => continue,
            };
            match packet {
                Packet::ConnAck(_) => self.greet()?,
                Packet::SubAck(suback) => self.subscribed(&suback.return_codes).await?,
                Packet::Publish(publish) => {
                    let topic = String::from_utf8_lossy(&publish.topic).into_owned();
                    if topic == self.settings.ping_topic {
                        *self.pinged_at.lock().unwrap_or_else(PoisonError::into_inner) =
                            Instant::now();
                        continue;
                    }
                    let message = LinkEvent::Message { topic, payload: publish.payload.to_vec() };
                    self.events.send(message).await.map_err(|_| LinkError::Client)?;
                }
                Packet::Disconnect(it) => return Err(LinkError::from_reason(it.reason_code)),
                Packet::PubAck(_)
                | Packet::PingReq
                | Packet::PingResp
                | Packet::PubRec(_)
                | Packet::PubRel(_)
                | Packet::PubComp(_)
                | Packet::UnsubAck(_)
                | Packet::Auth(_)
                | Packet::Connect(..)
                | Packet::Subscribe(_)
                | Packet::Unsubscribe(_) => {}
            }
        }
    }

    fn greet(&self) -> Result<(), LinkError> {
        let filters = self.settings.subscriptions.iter();
        let filters = filters.map(|it| SubscribeFilter::new(it.clone(), QoS::AtLeastOnce));
        self.client.try_subscribe_many(filters).map_err(|_| LinkError::Client)?;
        self.presence(|it| &it.birth)
    }

    fn presence(&self, which: impl Fn(&PresenceMessages) -> &Vec<u8>) -> Result<(), LinkError> {
        let Some(messages) = &self.settings.presence else { return Ok(()) };
        let (topic, payload) = (messages.topic.clone(), which(messages).clone());
        let options = PublishOptions::at_least_once().retained();
        self.client.try_publish(topic, payload, options).map_err(|_| LinkError::Client)
    }

    async fn subscribed(&self, codes: &[SubscribeReasonCode]) -> Result<(), LinkError> {
        let refused = codes.iter().find(|it| !matches!(it, SubscribeReasonCode::Success(_)));
        if let Some(code) = refused {
            return Err(LinkError::NotSubscribed(*code));
        }
        info!(host = self.settings.host, port = self.settings.port, "connected to the broker");
        self.shared.is_up.store(true, Ordering::Relaxed);
        self.events.send(LinkEvent::Up).await.map_err(|_| LinkError::Client)?;
        self.up_at.send_replace(Some(Instant::now()));
        Ok(())
    }

    async fn send(&self, outgoing: &mut mpsc::Receiver<Outgoing>) -> Result<(), LinkError> {
        // What was queued for the last connection is outdated; its sender will send again.
        while outgoing.try_recv().is_ok() {}
        self.up().await;
        while let Some(message) = outgoing.recv().await {
            let options = PublishOptions::at_least_once();
            let queued = self.client.publish(message.topic, message.payload, options).await;
            queued.map_err(|_| LinkError::Client)?;
        }
        // All publishers are gone; receiving goes on until the stop.
        std::future::pending().await
    }

    async fn up(&self) {
        // The sender is ours, so this cannot fail.
        let _ = self.up_at.subscribe().wait_for(Option::is_some).await;
    }

    /// Ends when there is no progress.
    async fn watch(&self) -> Result<(), LinkError> {
        if tokio::time::timeout(READY_WITHIN, self.up()).await.is_err() {
            return Err(LinkError::NotReady);
        }
        let started_at = Instant::now();
        let mut every = tokio::time::interval(PING_EVERY);
        loop {
            every.tick().await;
            let pinged_at = *self.pinged_at.lock().unwrap_or_else(PoisonError::into_inner);
            if pinged_at.max(started_at).elapsed() > DEAD_AFTER {
                return Err(LinkError::NoProgress);
            }
            // A full queue is itself no progress, which the next rounds notice.
            let topic = self.settings.ping_topic.clone();
            let _ = self.client.try_publish(topic, "{}", PublishOptions::at_least_once());
        }
    }

    async fn say_goodbye(
        &self,
        receive: impl Future<Output = Result<(), LinkError>>,
    ) -> Result<(), LinkError> {
        self.presence(|it| &it.death)?;
        self.client.try_disconnect().map_err(|_| LinkError::Client)?;
        // Ends with an error by nature: the connection is gone.
        let _ = tokio::time::timeout(GOODBYE_WITHIN, receive).await;
        Ok(())
    }
}

impl LinkSettings {
    fn options(&self) -> MqttOptions {
        let broker = (self.host.clone(), self.port);
        let mut options = MqttOptions::new(self.device.as_str(), broker);
        options
            .set_transport(Transport::tls_with_config(TlsConfiguration::Rustls(self.tls.clone())))
            .set_keep_alive(KEEP_ALIVE_S)
            .set_clean_start(true)
            .set_connect_timeout(READY_WITHIN)
            .set_outgoing_inflight_upper_limit(MOST_UNACKNOWLEDGED)
            .set_max_packet_size(Some(LARGEST_PACKET_BYTES));
        // Each small message is waited for: Nagle's algorithm (RFC 896) would keep it back until the one
        // before it is acknowledged.
        let mut network = NetworkOptions::new();
        network.set_tcp_nodelay(true);
        options.set_network_options(network);
        if let Some(presence) = &self.presence {
            let (topic, death) = (presence.topic.clone(), presence.death.clone());
            options.set_last_will(LastWill::new(topic, death, QoS::AtLeastOnce, true, None));
        }
        options
    }
}

impl LinkError {
    fn from_reason(code: DisconnectReasonCode) -> Self {
        if code == DisconnectReasonCode::SessionTakenOver {
            Self::TakenOver
        } else {
            Self::Closed(code)
        }
    }

    fn from_client(err: ConnectionError) -> Self {
        if let ConnectionError::MqttState(StateError::ServerDisconnect { reason_code, .. }) = &err {
            return Self::from_reason(*reason_code);
        }
        if let ConnectionError::ConnectionRefused(code)
        | ConnectionError::MqttState(StateError::ConnFail { reason: code }) = &err
        {
            return Self::Refused(*code);
        }
        Self::Connection(err)
    }
}
