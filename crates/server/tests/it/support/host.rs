//! An application of somebody else in which the service is mounted twice, each time with a database
//! of its own: at `/money`, and deeper at `/of/{name}/books`.

use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc;

use actix_web::dev::ServerHandle;
use actix_web::http::header::HeaderName;
use actix_web::middleware::DefaultHeaders;
use actix_web::{App, HttpServer, rt, web};
use apportion_server::Apportion;

/// The header that the middleware around all routes adds to each answer.
pub const MIDDLEWARE: &str = "x-middleware";

/// A running application. It ends when it is dropped.
pub struct Host {
    pub address: SocketAddr,
    handle: ServerHandle,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Host {
    /// Starts the application with two services.
    pub fn start(money: Apportion, books: Apportion) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, receiver) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            rt::System::new().block_on(async move {
                let server = HttpServer::new(move || {
                    let name = HeaderName::from_static(MIDDLEWARE);
                    App::new()
                        .wrap(DefaultHeaders::new().add((name, "seen")))
                        .route("/", web::get().to(|| async { "theirs" }))
                        .route("/moneybox", web::get().to(|| async { "theirs, too" }))
                        .service(money.scope("/money"))
                        .service(web::scope("/of/{name}").service(books.scope("books/")))
                });
                let server = server.workers(2).disable_signals().listen(listener).unwrap().run();
                sender.send(server.handle()).unwrap();
                server.await.unwrap();
            });
        });
        let handle = receiver.recv().unwrap();
        Self { address, handle, thread: Some(thread) }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
        let _ = self.thread.take().unwrap().join();
    }
}
